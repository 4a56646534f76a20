namespace Nonet.Text;

/// <summary>A token of a text.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Start">Where the part of the text that it stands for begins, in UTF-16 units.</param>
/// <param name="End">Where that part ends. A token that was added by a template has (0, 0).</param>
/// <param name="Type">The segment: 0, and for the second text of a pair what its template says.</param>
/// <param name="Special">Whether a template or padding added it.</param>
/// <param name="Attended">Whether a model attends to it; padding is not.</param>
public readonly record struct Token(int Id, int Start, int End, int Type = 0, bool Special = false, bool Attended = true);
