namespace Nonet.Evaluation.Tasks;

/// <summary>A task cannot be evaluated. The message names task and item, what was found and what was expected.</summary>
public sealed class TaskException(string message, Exception? inner = null) : FormatException(message, inner);
