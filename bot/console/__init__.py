"""The counter: pages for the shop's own people, at ``/counter``; ``docs/counter.md`` says what is done there.

Pages are made here, on the server; ``bot/web/counter`` has their style and the script that keeps them fresh.
Whatever is done in a conversation goes through ``bot.inbox.people``, as from any other place.
"""
