"""Brings events to the handlers of a Chalice project, the way AWS does: what `chalice local` lacks.

    python -m local.pump --project-dir email_app --stage local [--concurrency 1] [--reload]

It imports the project's ``app.py``, looks at what the decorators registered, and until SIGTERM or Ctrl-C it drives

========================  ==========================================================================================
``@app.on_sqs_message``   long polling, batches up to ``batch_size`` and ``maximum_batching_window_in_seconds``, the
                          event that Lambda sends, partial batch responses by Lambda's rules (as with
                          ``ReportBatchItemFailures``); what failed stays for the visibility time-out and the queue's
                          own redrive policy (`queue.py`)
``@app.on_sns_message``   a queue of its own subscribed to the topic, one event a message, two retries after one and
                          two minutes, then dropped with a log line (`topic.py`)
``@app.schedule``         ``rate(…)`` and ``cron(…)`` in UTC, EventBridge's event, the same two retries (`schedule.py`)
========================  ==========================================================================================

Which AWS, boto3 says (``AWS_ENDPOINT_URL`` for an emulator). The variables and limits of the stage come from
``.chalice/config.json``; a handler that runs over its time-out is reported and counts as failed. While AWS does not
answer, or the queue does not exist yet, the pump says so once and tries again, later and later, up to every ten
seconds. At SIGTERM the handlers that run end their batch.

Where it differs from Lambda: all handlers of the project run in one process, one thread each (``--concurrency`` gives
each queue and topic more); a handler that hangs cannot be killed; a batch is not cut at 6 MB.

To use it in another project, take this package with ``project.py``, ``logs.py`` and ``program.py`` from beside it.
"""
