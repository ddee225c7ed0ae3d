"""Screening: what rule authors build on, and the engine that runs all rules over one text.

A rule declares words, patterns and a check (`rule`); the engine folds a text (`text`), finds the
words of all rules in one pass (`matcher`) and gives each rule that has something to look at a
`Sighting`. Pure and synchronous: nothing here reads a clock, a network or a store.
"""
