"""Brings events to the handlers of a Chalice project, the way AWS does: what `chalice local` lacks.

    python -m chalice_devserver.pump --project-dir . [--stage local] [--concurrency 1] [--reload]

It drives the handlers that the decorators registered until SIGTERM or Ctrl-C: queues (`queue.py`), topics (`topic.py`)
and schedules (`schedule.py`). boto3's settings choose the AWS (``AWS_ENDPOINT_URL`` for an emulator). While AWS does
not answer, or a queue does not exist yet, it logs that once and retries. At SIGTERM running handlers end their batch.
"""
