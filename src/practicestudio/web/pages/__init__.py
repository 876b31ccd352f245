"""The pages, one module a family: each asks a use case and hands its answer to a template."""

from fastapi import APIRouter

from practicestudio.web.pages import account, home, sign_in

ROUTERS: tuple[APIRouter, ...] = (home.router, sign_in.router, account.router)
