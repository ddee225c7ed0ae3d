"""What all tests share."""

from hypothesis import settings

# How long one example takes says more of the machine than of the code: numbers come from bench/.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
