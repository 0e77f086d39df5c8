"""Every limit of the proxy in one place. A test checks that the time-outs of the whole system nest.

Sizes: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html and
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
"""

# Seconds for a request to the upstream from the first byte to the last, retries included: less than this
# Lambda's own 28, so that the client gets our 504 and not AWS's page, and more than the HTTP API's 24, so that
# the HTTP API's answer still arrives.
TOTAL_SECONDS = 25.0
# An HTTP API answers 503 at once when Lambda throttles the function, and after its own 24 seconds when the function
# did not answer. A 503 within these seconds, fewer than the function's 22, is the former: nothing was done.
SHED_SECONDS = 20.0
# Retry-After when AWS does not give one: a function that is free again takes the next request at once.
SHED_RETRY_SECONDS = 1
# Seconds of the Lambda's remaining time that are kept for preparing and sending the answer.
LAMBDA_MARGIN_SECONDS = 1.0
# Seconds to establish a connection to one address, and again for its TLS.
CONNECT_SECONDS = 5.0
# Seconds for the deep health check of all parts: a little more than the database's own time-out for a connection.
HEALTH_SECONDS = 6.0
# Seconds for which everyone gets the same answer to a deep health check, and to the question for the OpenAPI document:
# neither needs a token, and each costs calls of both APIs.
SHARED_HEALTH_SECONDS = 5.0
SHARED_DESCRIPTION_SECONDS = 60.0
# Seconds for redeeming a code at the identity provider. It takes well under one, and a person looks at an empty page
# meanwhile.
IDENTITY_SECONDS = 10.0
# Seconds that an idle connection is kept: half of the 60 after which AWS's load balancers close theirs, because a
# write on a connection that is being closed has an unknown outcome.
KEEP_ALIVE_SECONDS = 30.0

# Bytes of the request line and all headers that an HTTP API takes.
MAX_REQUEST_HEAD_BYTES = 10_240
# Bytes of an answer that an ALB takes from a Lambda, its JSON wrapping included: the front door checks the sum.
MAX_ANSWER_BODY_BYTES = 1_000_000
