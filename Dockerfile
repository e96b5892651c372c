# One image for the web server, the workers and the clock; docker-compose.yml says who is who.

FROM python:3.12-slim AS packages
RUN python -m venv /opt/venv
COPY requirements.txt /tmp/requirements.txt
RUN /opt/venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r /tmp/requirements.txt

FROM python:3.12-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DEBUG=0 \
    VAR_DIR=/app/var
RUN groupadd --gid 10001 downhill && useradd --uid 10001 --gid 10001 --home-dir /app --no-create-home downhill
WORKDIR /app
COPY --from=packages /opt/venv /opt/venv
COPY . /app
# All that Downhill writes itself, and nothing to keep: what matters stands in the database.
RUN install -d -o downhill -g downhill /app/var
USER 10001:10001
# The key is for this one command; who runs the image brings their own.
RUN SECRET_KEY=for-the-build-alone python manage.py collectstatic --noinput

EXPOSE 8000
STOPSIGNAL SIGTERM
# Any answer but a fault: a host name that is not allowed, or the way to https, says as well that the process lives.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', '/healthz'); exit(c.getresponse().status >= 500)"]
CMD ["python", "-m", "downhill.web_server", "--host", "0.0.0.0", "--port", "8000"]
