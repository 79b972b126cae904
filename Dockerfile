# The tool itself, for machines without Python:  docker build -t cron2fargate .
#   docker run --rm -v "$PWD:/work" cron2fargate scan ./server1
FROM python:3.13-slim
COPY . /src
# `rehearse` brings the embedded AWS. The rows of requirements.lock are what was tested, each with its hash.
RUN pip install --no-cache-dir '/src[rehearse]' && rm -rf /src && useradd --create-home user
USER user
WORKDIR /work
ENTRYPOINT ["cron2fargate"]
CMD ["--help"]
