// Talks to a server in OpenAI's form through the official SDK for Node, as tools built on it do; a JSON line each.
//   node tests/sdk/node/openai_talk.mjs URL KEY MODEL USER stream|whole LINE…
import OpenAI from 'openai';

const [url, key, model, user, how, ...lines] = process.argv.slice(2);
const client = new OpenAI({ baseURL: url, apiKey: key });
const messages = [];
const show = (line) => console.log(JSON.stringify(line));
try {
  for (const line of lines) {
    messages.push({ role: 'user', content: line });
    const asked = { model, messages, ...(user ? { user } : {}), stream: how === 'stream' };
    const answer = await client.chat.completions.create(asked);
    let content = '';
    if (how === 'stream') for await (const chunk of answer) content += chunk.choices[0]?.delta?.content ?? '';
    else content = answer.choices[0].message.content;
    messages.push({ role: 'assistant', content });
    show({ content });
  }
} catch (error) {
  show({ status: error.status, code: error.code, message: error.message });
}
