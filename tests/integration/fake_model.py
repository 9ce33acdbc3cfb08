#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A model for a real agent program: one loopback server that speaks OpenAI's Responses API over SSE, well enough for
codex, and follows a script instead of thinking.

    fake_model.py SCRIPT          prints its port, one line, and serves until it is killed

SCRIPT is JSON: {"steps": [{"run": "shell command"}, {"say": "text"}], "refuse": [429, "message"] or absent}. The step taken is
the number of tool results in the request, so the server remembers nothing. `refuse` answers every request with that status.
"""
import http.server
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    SCRIPT = json.load(file)
USAGE = {"input_tokens": 1300, "input_tokens_details": {"cached_tokens": 300}, "output_tokens": 80,
         "output_tokens_details": {"reasoning_tokens": 16}, "total_tokens": 1380}


def tool_call(tools, command, number):
    """The command in the words of whichever shell tool the client offers."""
    arguments = {"exec_command": {"cmd": command}, "shell_command": {"command": command},
                 "shell": {"command": ["bash", "-lc", command]}}
    name = next(name for name in arguments if name in tools)
    return {"type": "function_call", "id": f"fc_{number}", "call_id": f"call_{number}", "name": name,
            "arguments": json.dumps(arguments[name]), "status": "completed"}


def message(text, number):
    return {"type": "message", "id": f"m_{number}", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": text, "annotations": []}]}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.answer(200, "application/json", json.dumps({"data": [], "models": []}))

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "refuse" in SCRIPT:
            status, text = SCRIPT["refuse"]
            return self.answer(status, "application/json", json.dumps({"error": {"message": text, "type": "error", "code": None}}))
        items = body.get("input") or []
        number = sum(item.get("type") == "function_call_output" for item in items if isinstance(item, dict))
        step = SCRIPT["steps"][min(number, len(SCRIPT["steps"]) - 1)]
        tools = [tool.get("name") for tool in body.get("tools") or []]
        item = tool_call(tools, step["run"], number) if "run" in step else message(step["say"], number)
        self.answer(200, "text/event-stream", "".join(self.events(body.get("model"), item, number)))

    def events(self, model, item, number):
        response = {"id": f"resp_{number}", "object": "response", "created_at": 0, "model": model,
                    "parallel_tool_calls": False}

        def event(name, **fields):
            return f"event: {name}\ndata: {json.dumps({'type': name} | fields)}\n\n"
        yield event("response.created", response=response | {"status": "in_progress", "output": []})
        yield event("response.output_item.added", output_index=0, item=item | {"status": "in_progress"})
        yield event("response.output_item.done", output_index=0, item=item)
        yield event("response.completed", response=response | {"status": "completed", "output": [item], "usage": USAGE})

    def answer(self, status, kind, text):
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
