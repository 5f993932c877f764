"""The sign-up policy of a flow: rules that refuse, correct, approve or send to a person, and why they did.

`document` reads and writes the rules, `engine` evaluates them, `words` says both in plain language; none of the three
asks the database. `versions` and `lists` keep them, `facts` gathers what they look at.
"""
