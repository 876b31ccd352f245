"""The pages, one module a family: each asks a use case and hands its answer to a template."""

from fastapi import APIRouter

from practicestudio.web.pages import home

ROUTERS: tuple[APIRouter, ...] = (home.router,)
