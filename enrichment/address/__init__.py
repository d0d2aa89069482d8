"""Postal addresses: lines into parts, streets, and whether postcode, town and country agree."""
