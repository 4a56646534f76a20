namespace Nonet.Text.Segmentation;

/// <summary>A text that a vocabulary cannot say: it has no token for unknown characters.</summary>
sealed class UnknownTokenException(string text)
    : Exception($"the vocabulary has no token for '{(text.Length <= 40 ? text : text[..37] + "...")}', and none for what is unknown");
