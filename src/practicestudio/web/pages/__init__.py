"""The pages, one module a family: each asks a use case and hands its answer to a template."""

from fastapi import APIRouter

from practicestudio.web.pages import (
    account,
    athenahealth,
    audit,
    audit_acts,
    connection_settings,
    home,
    log_calls,
    logs,
    mapping_change,
    mappings,
    message,
    message_edit,
    patient_form,
    patients,
    review,
    review_question,
    rule_settings,
    schedule_settings,
    setting_history,
    sign_in,
)

ROUTERS: tuple[APIRouter, ...] = (
    home.router,
    sign_in.router,
    account.router,
    review.router,
    review_question.router,
    athenahealth.router,
    connection_settings.router,
    schedule_settings.router,
    rule_settings.router,
    setting_history.router,
    audit.router,
    audit_acts.router,
    logs.router,
    log_calls.router,
    patient_form.router,
    patients.router,
    mappings.router,
    mapping_change.router,
    message_edit.router,
    message.router,
)
