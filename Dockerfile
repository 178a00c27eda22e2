# The image of every daemon in docker-compose.yml: the command `wheelsdown` with what it needs to run.

FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
# All of the lock, checked against its hashes, as wheels ...
COPY requirements.lock ./
RUN pip wheel --require-hashes --wheel-dir /wheels -r requirements.lock
# ... of which only those are installed that running needs; the tools for development stay behind.
COPY . .
RUN python -m venv /opt/wheelsdown \
    && /opt/wheelsdown/bin/pip install --no-index --find-links /wheels .

FROM python:3.11-slim
# A fixed number, so that volumes and secret files can be given to it.
RUN useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin wheelsdown \
    && install -d -o wheelsdown -g wheelsdown /data
COPY --from=build /opt/wheelsdown /opt/wheelsdown
# Nothing is written outside /data and /tmp, so the root file system can be read-only.
ENV PATH=/opt/wheelsdown/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    MPLCONFIGDIR=/tmp/matplotlib
# "live PORT": what docker-compose.yml asks each daemon; the image has no curl.
RUN printf '%s\n' '#!/opt/wheelsdown/bin/python' 'import http.client, sys' \
        'asked = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=3)' \
        'asked.request("GET", "/livez")' \
        'sys.exit(asked.getresponse().status != 200)' > /usr/local/bin/live \
    && chmod 755 /usr/local/bin/live
USER 10001:10001
WORKDIR /data
ENTRYPOINT ["wheelsdown"]
