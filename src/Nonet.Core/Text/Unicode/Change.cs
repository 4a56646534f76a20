using System.Text;

namespace Nonet.Text.Unicode;

/// <summary>
/// A character of a changed text and its relation to the old text: it replaces one character (0), is added (1), or replaces one character and the -n that
/// follow it (negative).
/// </summary>
readonly record struct Change(Rune Rune, int By);
