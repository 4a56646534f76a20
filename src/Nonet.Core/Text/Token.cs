namespace Nonet.Text;

/// <summary>A token of a text.</summary>
/// <param name="Id">Id of the token.</param>
/// <param name="Start">Start of its range in the text, in UTF-16 units.</param>
/// <param name="End">End of its range. A token from a template has the range (0, 0).</param>
/// <param name="Type">Segment: 0, or as the template says for the second text of a pair.</param>
/// <param name="Special">Whether it comes from a template or padding.</param>
/// <param name="Attended">Whether a model attends to it; false for padding.</param>
public readonly record struct Token(int Id, int Start, int End, int Type = 0, bool Special = false, bool Attended = true);
