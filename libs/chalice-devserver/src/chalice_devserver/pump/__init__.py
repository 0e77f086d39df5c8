"""Brings events to the handlers of a Chalice project, the way AWS does: what `chalice local` lacks.

    python -m chalice_devserver.pump --project-dir . [--stage local] [--concurrency 1] [--reload]

It imports the project's ``app.py`` and drives the handlers that the decorators registered, until SIGTERM or Ctrl-C:

========================  ==========================================================================================
``@app.on_sqs_message``   long polling, batches up to ``batch_size`` and ``maximum_batching_window_in_seconds``, the
                          event that Lambda sends, partial batch responses by Lambda's rules (as with
                          ``ReportBatchItemFailures``); what failed stays for the visibility time-out and the queue's
                          own redrive policy (`queue.py`)
``@app.on_sns_message``   a queue of its own subscribed to the topic, one event a message, two retries after one and
                          two minutes, then dropped with a log line (`topic.py`)
``@app.schedule``         ``rate(…)`` and ``cron(…)`` in UTC, EventBridge's event, the same two retries (`schedule.py`)
========================  ==========================================================================================

boto3's settings choose the AWS (``AWS_ENDPOINT_URL`` for an emulator). The stage's variables and limits come from
``.chalice/config.json``. A handler that runs over its time-out is reported and counts as failed. While AWS does not
answer, or the queue does not exist yet, the pump logs that once and retries, with waits of up to ten seconds. At
SIGTERM running handlers end their batch.

Unlike Lambda, all handlers of the project run in one process, one thread each (``--concurrency`` gives each queue and
topic more); a handler that hangs cannot be killed; a batch is not cut at 6 MB.
"""
