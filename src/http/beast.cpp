// Beast's compiled half, once: BOOST_BEAST_SEPARATE_COMPILATION leaves it to us. Only what its parser needs.
#define BOOST_BEAST_SOURCE  // instantiate the parser here
#include <boost/beast/core/impl/string.ipp>
#include <boost/beast/http/detail/basic_parser.ipp>
#include <boost/beast/http/detail/rfc7230.ipp>
#include <boost/beast/http/impl/basic_parser.ipp>
#include <boost/beast/http/impl/error.ipp>
#include <boost/beast/http/impl/field.ipp>
#include <boost/beast/http/impl/rfc7230.ipp>
#include <boost/beast/http/impl/verb.ipp>
