"""The pages of the sign-up policy: rules in plain words, forms made for them, and what they would do.

Whoever reviews a flow reads its policy and tries it; an administrator changes it. Every change is a new version.
"""
