using Nonet.Files;

namespace Nonet.Text;

/// <summary>Bounds the steps of a search for tokens in one text. Only tokens of thousands of characters that begin at every place come near the bound.</summary>
/// <param name="file">For errors.</param>
/// <param name="length">Characters of the text.</param>
struct SearchSteps(string file, int length)
{
    const int PerCharacter = 100, Spare = 2_000_000;

    long left = ((long)PerCharacter * length) + Spare;

    public void Take(int steps)
    {
        if ((left -= steps) < 0)
        {
            throw new MalformedFileException(file, $"tokens that begin at too many places of a text of {length} characters and are too long",
                $"a search of at most {PerCharacter} steps per character; shorter tokens");
        }
    }
}
