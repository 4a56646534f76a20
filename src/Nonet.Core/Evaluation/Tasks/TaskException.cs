namespace Nonet.Evaluation.Tasks;

/// <summary>A task that cannot be evaluated as it stands: which task and item, what was found, what was expected.</summary>
public sealed class TaskException(string message, Exception? inner = null) : FormatException(message, inner);
