"""The reviewers' pages, as a browser meets them: addresses and forms in, pages, rows and refusals out."""
