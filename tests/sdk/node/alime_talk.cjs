// Talks to a server in 小蜜's form through Alibaba Cloud's official SDK for Node; a JSON line each.
//
//     node tests/sdk/node/alime_talk.cjs 127.0.0.1:5005 ID SECRET SENDER ORDER 少了一件 @接受
//
// @接受 clicks the choice of that title.
const { default: Client, ChatRequest } = require("@alicloud/chatbot20220408");
const { Config } = require("@alicloud/openapi-client");

async function main([endpoint, accessKeyId, accessKeySecret, senderId, order, ...lines]) {
  const client = new Client(new Config({ accessKeyId, accessKeySecret, endpoint, protocol: "HTTP", readTimeout: 60000 }));
  let sessionId;
  let recommended = {};
  for (const line of lines) {
    const click = line.startsWith("@") ? recommended[line.slice(1)] : undefined;
    const asked = { instanceId: "chatbot-cn-1", sessionId, senderId, vendorParam: JSON.stringify({ order_id: order }) };
    const request = new ChatRequest({ ...asked, ...(click ? { knowledgeId: click } : { utterance: line }) });
    const { body } = await client.chat(request);
    sessionId = body.sessionId;
    const choices = body.messages.flatMap((message) => message.recommends ?? []);
    recommended = Object.fromEntries(choices.map((choice) => [choice.title, choice.knowledgeId]));
    const texts = body.messages.map((message) => message.text).filter(Boolean);
    const commands = texts.map((text) => text.commands).filter((each) => each && Object.keys(each).length);
    const said = texts.map((text) => text.content);
    console.log(JSON.stringify({ said, recommends: Object.keys(recommended), to_agent: commands.length > 0 }));
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.log(JSON.stringify({ status: error.statusCode ?? error.data?.statusCode, code: error.code }));
});
