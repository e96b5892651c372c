# Two images from one build: `web`, which migrates and keeps the clock as well, and `worker`, which computes.
ARG PYTHON_IMAGE=python:3.13.14-slim-trixie

FROM ${PYTHON_IMAGE} AS base
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DEBUG=0 \
    VAR_DIR=/app/var
ARG VERSION=0.2.0
LABEL org.opencontainers.image.title=Downhill \
      org.opencontainers.image.version=${VERSION} \
      org.opencontainers.image.licenses=Apache-2.0
RUN groupadd --gid 10001 downhill && useradd --uid 10001 --gid 10001 --home-dir /app --no-create-home downhill
WORKDIR /app
STOPSIGNAL SIGTERM

# pip stays outside, and so does what only packages' own tests, other languages and a second API browser want.
FROM ${PYTHON_IMAGE} AS web-packages
RUN python -m venv --without-pip /opt/venv
COPY requirements-web.txt /tmp/
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m pip --python /opt/venv/bin/python install --require-hashes --only-binary :all: --no-compile \
    -r /tmp/requirements-web.txt
RUN find /opt/venv -type d \( -name tests -o -path '*/locale/*' ! -path '*/locale/en' ! -path '*/locale/en/*' \) \
    -prune -exec rm -r {} + \
    && rm -r /opt/venv/lib/python3*/site-packages/drf_spectacular_sidecar/static/drf_spectacular_sidecar/redoc \
    && python -m compileall -q /opt/venv/lib

FROM web-packages AS worker-packages
COPY requirements.txt /tmp/
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m pip --python /opt/venv/bin/python install --require-hashes --only-binary :all: --no-compile \
    -r /tmp/requirements.txt \
    && find /opt/venv -type d -name tests -prune -exec rm -r {} + \
    && python -m compileall -q /opt/venv/lib \
    && mkdir /opt/versions \
    && find /opt/venv/lib -name 'numpy-*.dist-info' -exec cp -r -t /opt/versions {} + \
    && find /opt/venv/lib -name 'scikit_learn-*.dist-info' -exec cp -r -t /opt/versions {} +

FROM base AS static
COPY --from=web-packages /opt/venv /opt/venv
COPY . /app
# The key is for this one command; who runs the image brings their own.
RUN SECRET_KEY=for-the-build-alone python manage.py collectstatic --noinput \
    && find var/static -name '*.map*' -delete \
    && python -m compileall -q /app

# Where scripts come from is asked for when they are collected, and by nobody after that.
FROM web-packages AS web-without-maps
RUN find /opt/venv -name '*.map' -delete

FROM base AS worker
COPY --from=worker-packages /opt/venv /opt/venv
COPY --from=static /app /app
USER 10001:10001

# Last, so that it is what a plain `docker build` makes.
FROM base AS web
COPY --from=web-without-maps /opt/venv /opt/venv
COPY --from=static /app /app
# With what a worker will compute stands in the fingerprint of each run that is asked for here.
COPY --from=worker-packages /opt/versions /opt/versions
ENV PYTHONPATH=/opt/versions
USER 10001:10001
EXPOSE 8000
# Any answer but a fault: a host name that is not allowed, or the way to https, says as well that the process lives.
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s --retries=4 \
  CMD ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8000, timeout=9); c.request('GET', '/healthz'); exit(c.getresponse().status >= 500)"]
CMD ["python", "-m", "downhill.web_server", "--host", "0.0.0.0", "--port", "8000"]
