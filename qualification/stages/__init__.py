"""Stages: each lead's way through a stage model, by rule, CRM and order."""
