namespace Nonet.Checkpoints;

/// <summary>A checkpoint that cannot be written, is damaged, or does not fit the run that wants to resume from it. Names the file.</summary>
public sealed class CheckpointException(string message, Exception? inner = null) : Exception(message, inner);
