from chalice import Chalice
from chalice.app import CloudWatchEvent, SQSEvent

app = Chalice(app_name="greeter")


@app.route("/hello/{name}")
def hello(name: str) -> dict[str, str]:
    return {"hello": name}


@app.on_sqs_message(queue="greetings")
def deliver(event: SQSEvent) -> None:
    for record in event:
        print(record.body)


@app.schedule("rate(1 hour)")
def tick(_event: CloudWatchEvent) -> None:
    print("tick")
