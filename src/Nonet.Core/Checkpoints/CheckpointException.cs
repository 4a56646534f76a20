namespace Nonet.Checkpoints;

/// <summary>A checkpoint cannot be written, is damaged, or does not fit the run that should resume from it. The message names the file.</summary>
public sealed class CheckpointException(string message, Exception? inner = null) : Exception(message, inner);
