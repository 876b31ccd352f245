"""The pages, one module a family: each asks a use case and hands its answer to a template."""

from fastapi import APIRouter

from practicestudio.web.pages import account, home, review, review_question, sign_in

ROUTERS: tuple[APIRouter, ...] = (home.router, sign_in.router, account.router, review.router, review_question.router)
