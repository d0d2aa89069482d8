"""Dagster's page, served by us: who may ask it what, and how it is started and ended."""
