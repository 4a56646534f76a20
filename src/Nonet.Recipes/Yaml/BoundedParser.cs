using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Nonet.Recipes.Yaml;

/// <summary>A YAML parser that refuses deep nesting: the loader above it recurses, and a file must not be able to overflow the stack.</summary>
sealed class BoundedParser(TextReader text) : IParser
{
    const int MostLevels = 64;
    readonly Parser parser = new(text);
    int level;

    public ParsingEvent? Current => parser.Current;

    public bool MoveNext()
    {
        if (!parser.MoveNext())
            return false;
        level += parser.Current!.NestingIncrease;
        if (level > MostLevels)
            throw new YamlException(parser.Current.Start, parser.Current.End, $"more than {MostLevels} levels of nesting");
        if (parser.Current is AnchorAlias alias)
            throw new YamlException(alias.Start, alias.End, $"found the alias *{alias.Value}; expected the value itself, as aliases are not read");
        return true;
    }
}
