"""What the three apps agree on about employees: roles, the email rule, and the events between them.

Each app's ``vendor/`` has a symlink to this package, so that it is in each app's zip. It imports nothing of an app.
"""
