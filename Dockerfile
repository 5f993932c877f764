# One image for web, worker and beat; `--target simulator` makes the pretend tenant's.

FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /venv
COPY requirements.txt /tmp/
RUN /venv/bin/pip install --requirement /tmp/requirements.txt
WORKDIR /app
COPY manage.py ./
COPY config config
COPY approvals approvals
COPY connector connector
COPY accounts accounts
COPY templates templates
COPY static static
COPY locale locale
# The key is for this command alone; nothing is signed with it.
RUN SECRET_KEY=only-while-static-files-are-collected-0123456789 VAR=/tmp/var STATIC_ROOT=/app/staticfiles \
    /venv/bin/python manage.py collectstatic --noinput --verbosity 0

FROM build AS build-simulator
COPY requirements-simulator.txt /tmp/
RUN /venv/bin/pip install --requirement /tmp/requirements-simulator.txt

FROM python:3.13-slim AS base
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 --home-dir /app --no-create-home foyer \
    && install -d -o foyer /var/lib/foyer /var/lib/simulator
WORKDIR /app
USER foyer

FROM base AS simulator
COPY --from=build-simulator /venv /venv
COPY simulator simulator
ENV SIMULATOR_HOST=0.0.0.0 SIMULATOR_STATE=/var/lib/simulator
EXPOSE 8400 8401 8402
HEALTHCHECK --start-period=20s --interval=15s --timeout=5s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8400/control/ready', timeout=4)"]
CMD ["python", "-m", "simulator"]

FROM base AS foyer
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV VAR=/var/lib/foyer STATIC_ROOT=/app/staticfiles WEB_HOST=0.0.0.0 PORT=8000
EXPOSE 8000
HEALTHCHECK --start-period=20s --interval=15s --timeout=6s CMD ["python", "-m", "config.probe"]
CMD ["python", "-m", "config.serve", "web"]
