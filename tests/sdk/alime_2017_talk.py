"""Talks to a server in 小蜜's older form through Alibaba Cloud's SDK of 2017-10-11; a JSON line each.

    .venv-sdk/bin/python tests/sdk/alime_2017_talk.py --host HOST --port 5005 --id ID --secret SECRET 少了一件 @接受

``@接受`` clicks the choice of that title.
"""

from __future__ import annotations

import argparse
import json

from aliyunsdkchatbot.request.v20171011.ChatRequest import ChatRequest
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--id", required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--sender")
    parser.add_argument("--order")
    parser.add_argument("lines", nargs="*")
    options = parser.parse_args()
    client = AcsClient(options.id, options.secret, "cn-shanghai", port=options.port)
    session_id: str | None = None
    recommended: dict[str, str] = {}
    for line in options.lines:
        request = ChatRequest()
        request.set_endpoint(options.host)  # all that a desk has to change
        request.set_InstanceId("chatbot-cn-1")
        if line.startswith("@"):
            request.set_KnowledgeId(recommended[line[1:]])
        else:
            request.set_Utterance(line)
        if session_id:
            request.set_SessionId(session_id)
        if options.sender:
            request.set_SenderId(options.sender)
        if options.order:
            request.add_query_param("VendorParam", json.dumps({"order_id": options.order}))
        try:
            answer = json.loads(client.do_action_with_exception(request))
        except ServerException as error:
            print(json.dumps({"status": error.get_http_status(), "code": error.get_error_code()}))
            return
        session_id = answer["SessionId"]
        messages = answer["Messages"]
        recommended = {each["Title"]: each["KnowledgeId"] for one in messages for each in one.get("Recommends", [])}
        said = [one["Text"]["Content"] for one in messages if one["Type"] == "Text"]
        commands = [one["Text"]["Commands"] for one in messages if one.get("Text", {}).get("Commands")]
        line_out = {"said": said, "recommends": list(recommended), "to_agent": bool(commands)}
        print(json.dumps(line_out, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
