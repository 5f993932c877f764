"""The tests. Folders mirror the apps; `journeys` and `concurrency` drive everything together."""
