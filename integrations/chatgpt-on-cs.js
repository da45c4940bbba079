// ChatGPT-On-CS 插件：买家的话交给少发回答。整份粘贴到「插件」里，改下面两行即可。说明见 docs/sellers/chatgpt-on-cs.md
const SHAOFA_URL = 'http://127.0.0.1:5005';
const SHAOFA_KEY = '';

// The tool keeps the answer { type, content }: TEXT is sent, NO_REPLY is not, TRANSFER calls a person.
async function main(ctx, messages) {
  const axios = require('axios');
  const get = (name) => (ctx && typeof ctx.get === 'function' ? ctx.get(name) : (ctx || {})[name]) || '';
  const buyer = `${get('CTX_PLATFORM')}/${get('CTX_INSTANCE_ID')}/${get('CTX_USERNAME')}`;
  const last = messages.filter((message) => message.role === 'OTHER').pop();
  if (!last || !get('CTX_USERNAME')) return { type: 'NO_REPLY', content: '' };
  // Pictures come as addresses in the tool's own cache: the buyer is asked for words instead.
  const text = last.type && last.type !== 'TEXT' ? '[图片]' : last.content;
  const history = messages
    .slice(0, messages.lastIndexOf(last))
    .filter((message) => message.role !== 'SYSTEM' && (!message.type || message.type === 'TEXT'))
    .map((message) => ({ role: message.role === 'OTHER' ? 'user' : 'assistant', content: message.content }));
  const body = {
    model: 'shaofa',
    user: get('CTX_USERNAME'),
    messages: [...history, { role: 'user', content: text }],
    metadata: { conversation_id: buyer, order_id: get('CTX_ORDER_ID') || undefined },
  };
  try {
    const answer = await axios.post(`${SHAOFA_URL}/v1/chat/completions`, body, {
      headers: SHAOFA_KEY ? { Authorization: `Bearer ${SHAOFA_KEY}` } : {},
      timeout: 30000,
    });
    const content = answer.data.choices[0].message.content;
    const { decision, handoff } = answer.data.shaofa;
    if (!content || decision === 'suggest') return { type: 'NO_REPLY', content: '' };
    return { type: decision === 'handoff' && handoff && handoff.begun ? 'TRANSFER' : 'TEXT', content };
  } catch (error) {
    console.error('少发没有应答：', (error.response && error.response.status) || error.code || error.message);
    return { type: 'NO_REPLY', content: '' }; // 宁可不回，也不乱回
  }
}
