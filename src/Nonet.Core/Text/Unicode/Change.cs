using System.Text;

namespace Nonet.Text.Unicode;

/// <summary>
/// A character of a changed text, and how it came: in the place of one (0), in addition (1), or in the place of one and of the -n that followed it (negative).
/// </summary>
readonly record struct Change(Rune Rune, int By);
