"""Identity verification: one module for each service that can be asked whether applicants are who they say they are."""
