"""Identity verification: the services, what is asked once, and what applicants' requests show of it."""
