// What the widget says by itself; the bot's words come from the server. A shop rewords any of it: `window.ShaofaChat = {q: [], strings: {title: "…"}}`.

export const ZH = {
  locale: "zh-CN",
  launcher: "联系客服",
  unread: "{n}条新消息",
  title: "在线客服",
  robot: "机器人小发",
  person: "人工客服",
  how: "随时可转人工",
  human: "转人工",
  say_human: "转人工",
  close: "收起聊天窗口",
  about_order: "咨询订单：尾号{tail}",
  log: "聊天记录",
  input: "输入消息",
  placeholder: "说说少了什么…",
  send: "发送",
  picture: "添加图片或视频",
  camera: "拍照",
  drop: "松开鼠标，添加图片",
  remove: "移除{name}",
  latest: "回到最新消息",
  said_by_buyer: "您：",
  said_by_bot: "机器人：",
  said_by_agent: "人工客服：",
  typing: "小发正在输入",
  connecting: "连接中…",
  lost: "已断开，正在重连…",
  refused: "现在连不上客服：{why}",
  handed_off: "人工客服接入中",
  served: "人工客服为您服务",
  resumed: "机器人小发接着为您服务",
  sending: "发送中",
  waiting: "网络不通，恢复后自动发送",
  failed: "没发出去",
  retry: "重试",
  cancel: "取消",
  discard: "删除",
  progress: "正在上传{name}",
  enlarge: "看大图：{name}",
  picture_named: "图片：{name}",
  picture_lost: "图片没加载出来，点这里重试",
  video_named: "视频：{name}",
  back: "关闭大图",
  not_a_picture: "“{name}”不是图片或MP4视频，换一个试试",
  unreadable: "“{name}”打不开，麻烦重新拍一张或换成JPG",
  too_large: "“{name}”太大了，最多{limit}",
  too_long: "这条有{n}字，一次最多{most}字：分成几条发就行",
  too_many: "一次最多{n}个文件，多出来的没有添加",
  today: "今天",
  yesterday: "昨天",
  yuan: "{amount}元",
  /** In place of the words that came with a card, by its type. @type {Record<string, Record<string, string>>} */
  cards: {},
};

/** @typedef {typeof ZH} Strings */

/** `fill("共{n}件", {n: 3})` @param {string} template @param {Record<string, string | number>} values */
export function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
