namespace Nonet.Text;

/// <summary>Encodes texts, and may cache parts of them. Use it in one thread at a time.</summary>
interface ITextEncoder
{
    void Append(ReadOnlySpan<char> text, List<int> ids);
}
