using System.Xml;
using Nonet.Data;
using Nonet.Data.Corpora;
using Nonet.Files;

namespace Nonet.ToolUse.Indexing;

/// <summary>
/// Reads the articles of a MediaWiki XML dump, page by page, as plain text: the pages of the main namespace that are not redirects.
/// </summary>
static class WikiDump
{
    /// <summary>Maximum number of characters of a page; the rest is left out. MediaWiki allows 2 MB.</summary>
    const int LongestPage = 1 << 23;

    public static IEnumerable<(string Title, string Text)> Read(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path}: found no such file; expected a MediaWiki XML dump", path);
        using var stream = new SourceFile(path, DataFormat.Text, path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)).Open();
        using var xml = XmlReader.Create(stream, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, IgnoreComments = true });
        var any = false;
        while (Move(xml, path))
        {
            if (!any && xml.NodeType == XmlNodeType.Element)
            {
                if (xml.LocalName != "mediawiki")
                    throw new MalformedFileException(path, $"an XML file of <{xml.LocalName}>", "a MediaWiki dump, <mediawiki>");
                any = true;
            }
            if (xml.NodeType == XmlNodeType.Element && xml.LocalName == "page" && Page(xml, path) is { } page)
                yield return page;
        }
    }

    /// <summary>Reads the page that begins here; null if it is not an article.</summary>
    static (string Title, string Text)? Page(XmlReader xml, string path)
    {
        string? title = null, text = null;
        var isArticle = true;
        var depth = xml.Depth;
        while (Move(xml, path) && xml.Depth > depth)
        {
            if (xml.NodeType != XmlNodeType.Element)
                continue;
            switch (xml.LocalName)
            {
                case "title":
                    title = Content(xml, path);
                    break;
                case "ns":
                    isArticle &= Content(xml, path) == "0";
                    break;
                case "redirect":
                    isArticle = false;
                    break;
                case "text" when isArticle: // the last revision, which is the newest
                    text = Content(xml, path);
                    break;
            }
        }
        return isArticle && title is not null && text is not null && WikiText.Plain(text) is { Length: > 0 } plain ? (title, plain) : null;
    }

    static string Content(XmlReader xml, string path)
    {
        if (xml.IsEmptyElement)
            return "";
        var content = new System.Text.StringBuilder();
        var (depth, buffer) = (xml.Depth, new char[1 << 14]);
        while (Move(xml, path) && xml.Depth > depth)
        {
            if (xml.NodeType is not (XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace))
                continue;
            try
            {
                for (int read; (read = xml.ReadValueChunk(buffer, 0, buffer.Length)) > 0;)
                    content.Append(buffer, 0, Math.Min(read, LongestPage - content.Length));
            }
            catch (XmlException e)
            {
                throw Damaged(path, e);
            }
        }
        return content.ToString();
    }

    static bool Move(XmlReader xml, string path)
    {
        try
        {
            return xml.Read();
        }
        catch (XmlException e)
        {
            throw Damaged(path, e);
        }
    }

    static MalformedFileException Damaged(string path, XmlException e) =>
        new(path, $"broken XML on line {e.LineNumber} ({e.Message})", "a complete MediaWiki XML dump", e);
}
