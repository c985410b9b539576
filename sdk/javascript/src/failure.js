// How a step gives up. Any other error ends the attempt as a trap, and the host shows where.

export const INVALID_RESPONSE = "invalid-response";

export class Failure extends Error {
  constructor(kind, message, retryable = false) {
    super(message);
    this.name = "Failure";
    this.kind = kind;
    this.retryable = retryable;
  }

  static invalidInput(message) {
    return new Failure("invalid-input", message);
  }

  static invalidResponse(message) {
    return new Failure(INVALID_RESPONSE, message, true);
  }

  static denied(message) {
    return new Failure("denied", message);
  }

  static declined(message) {
    return new Failure("declined", message);
  }

  static other(code, message, retryable = false) {
    return new Failure(code, message, retryable);
  }
}
