namespace Nonet.Text;

/// <summary>Encodes texts, and may remember parts of them. For one thread at a time.</summary>
interface ITextEncoder
{
    void Append(ReadOnlySpan<char> text, List<int> ids);
}
