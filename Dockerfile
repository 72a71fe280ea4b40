# The router in an image: stdio by default, HTTP by argument.
#   docker run -i --rm training-router
#   docker run --rm --read-only -p 8000:8000 training-router serve --http --host 0.0.0.0 --allowed-host localhost
FROM python:3.13-slim AS build
COPY . /source
RUN python -m venv /app \
    && /app/bin/pip install --no-cache-dir --disable-pip-version-check --constraint /source/constraints.txt /source \
    && /app/bin/pip uninstall --yes pip \
    && /app/bin/python -m compileall -q /app/lib

FROM python:3.13-slim
COPY --from=build /app /app
RUN useradd --system --uid 10001 --no-create-home router
USER 10001:10001
ENV PATH=/app/bin:$PATH PYTHONDONTWRITEBYTECODE=1
EXPOSE 8000
# over stdio there is no port to ask: then the process itself is the sign of life
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["python", "-c", \
    "import pathlib, urllib.request as web; '--http' in pathlib.Path('/proc/1/cmdline').read_text() and web.build_opener(web.ProxyHandler({})).open('http://127.0.0.1:8000/health', timeout=2)"]
ENTRYPOINT ["training-router"]
CMD ["serve"]
