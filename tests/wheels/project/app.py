from chalice import Chalice, NotFoundError, Response

app = Chalice(app_name="todo")
TODOS = {"1": {"id": "1", "text": "Buy milk"}}


@app.route("/todos/{todo_id}", methods=["GET"], cors=True)
def get_todo(todo_id):
    if todo_id not in TODOS:
        raise NotFoundError(f"There is no todo {todo_id}")
    return TODOS[todo_id]


@app.route("/todos", methods=["POST"])
def add_todo():
    todo = {"id": str(len(TODOS) + 1), **app.current_request.json_body}
    return Response(todo, status_code=201, headers={"Location": f"/todos/{todo['id']}"})


@app.on_sqs_message(queue="todo-reminders", batch_size=10)
def remind(event):
    return [record.body for record in event]


@app.on_sns_message(topic="todo-changes")
def record_change(event):
    return event.message


@app.schedule("rate(1 hour)")
def tidy(event):
    return "tidied"
