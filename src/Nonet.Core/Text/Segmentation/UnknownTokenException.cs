namespace Nonet.Text.Segmentation;

/// <summary>A vocabulary cannot encode a text, because it has no token for unknown characters.</summary>
sealed class UnknownTokenException(string text)
    : Exception($"the vocabulary has no token for '{(text.Length <= 40 ? text : text[..37] + "...")}', and no token for unknown text");
