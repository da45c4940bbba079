# docker build -t shaofa . && docker run --read-only -v shaofa:/data -p 5005:5005 -e SHAOFA_API_KEY=… shaofa
# Python 3.10 is the newest that Rasa 3.6 runs on; docs/security.md says what that means.

FROM python:3.10-slim-bookworm AS build
WORKDIR /app
# First what changes seldom: every package as requirements.lock pins it, checked by its hash.
COPY pyproject.toml requirements.in requirements.lock README.md ./
COPY tools/setup_env.py tools/
COPY bot/__init__.py bot/
COPY actions/__init__.py actions/
RUN python tools/setup_env.py run
COPY . .
RUN .venv/bin/shaofa train && rm -rf .rasa

FROM python:3.10-slim-bookworm
# For case files as PDF.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpangoft2-1.0-0 fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --home-dir /data shaofa \
    && install -d -o shaofa -g shaofa -m 0700 /data
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    SHAOFA_DATABASE_URL=sqlite:////data/shaofa.db \
    SHAOFA_EVIDENCE_DIR=/data/evidence
USER 10001
# All that is ever written to; the rest may be read-only.
VOLUME ["/data", "/tmp"]
EXPOSE 5005
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:5005/livez', timeout=4)"]
CMD ["shaofa", "run", "--host", "0.0.0.0"]
