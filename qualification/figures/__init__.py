"""Figures: conversion, costs, return, cycle and bottlenecks, null with a reason."""
